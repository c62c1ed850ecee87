DROP TABLE loyalty_programs;
